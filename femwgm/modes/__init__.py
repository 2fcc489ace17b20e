"""What a mode is and what it is called: `Mode`, `ModeSet`, labels from the field."""

"""Published studies computed anew, one folder each; nothing but the command line imports them."""

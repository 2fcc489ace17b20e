"""A resonator beside a fibre, a prism or a bus waveguide: external Q, transmission, critical gap."""

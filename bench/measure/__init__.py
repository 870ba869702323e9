"""What records of measurements are made of; scripts/ writes them down."""

"""`/__admin`: what a test may do to the emulator. Ours; no part of the emulated system."""

"""How does the blob service that comes with the emulator answer?"""

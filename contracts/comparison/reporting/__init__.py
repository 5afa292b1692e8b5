"""How is a comparison told: in the terminal, as HTML, JUnit, JSON?"""

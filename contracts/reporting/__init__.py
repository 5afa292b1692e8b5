"""How is a run told: in the terminal, as HTML, JUnit, JSON, HAR?"""

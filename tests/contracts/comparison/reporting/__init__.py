"""Do the reports of a comparison tell what was found?"""

"""The checks of RRS, against services that keep a promise in other ways, or break it."""

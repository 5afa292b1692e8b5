"""Which types and members do expressions know? Tables, one module for each corner of .NET."""

"""What the policies that limit calls share."""

"""What was counted: windows, periods, quotas and where they are kept."""

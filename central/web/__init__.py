"""The console, and the door of the appliances."""

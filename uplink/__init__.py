"""The appliance's way to the city, a process of its own: sends what the outbox holds, does what the city orders."""

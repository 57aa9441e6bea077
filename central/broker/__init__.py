"""The city's Mosquitto, to which the schools' bridges come; and paho. Nothing that counts goes over it."""

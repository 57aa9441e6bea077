"""The box in a school: broker, bridge, web and their store. Layers: docs/architecture.md."""

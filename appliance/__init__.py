"""The box in a school: broker, bridge, web and their store. Layers: docs/architecture.md."""

SOFTWARE = "0.1.0"  # as pyproject says it

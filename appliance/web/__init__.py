"""Browsers and devices over HTTP and Socket.IO."""

"""The fake Webview Kiosk: the agent as its contract describes it, traps included, without an Android.

Written from the contract alone: it shares no line with the appliance's translation, nor with the device protocol.
"""

"""Load on a whole LLMSelect: a client and a stand-in provider, each in a process of its own, with real sockets.

The provider stamps each chunk with its stream, its number and the time at which it was sent. So the client sees how
late each chunk arrives, and whether any is lost, doubled or out of order.
"""

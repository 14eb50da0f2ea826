"""One hostile user in a process of their own, with the endpoint that answers them; ``one_hostile_user`` starts it.

Everything goes over the wire: requests, sockets, and bytes of a stand-in vendor. ``attacks`` has one coroutine for each
kind of attack; a new kind needs an entry there, and nothing else.
"""

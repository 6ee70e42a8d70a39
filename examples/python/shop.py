#!/usr/bin/env python3
"""A visitor signs up and buys. Usage: python3 examples/python/shop.py [COLLECTOR_URL]"""

import sys

import holloway

host = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8787"

try:
    with holloway.Client("demo", host=host, directory="holloway-events") as hw:
        hw.register({"build": 7})
        hw.page("Pricing", {"path": "/pricing"})
        hw.track("Plan Chosen", {"plan": "pro", "seats": 5})
        hw.identify("u1", {"email": "ada@example.com", "plan": "pro"})
        hw.track("Signed Up", {"source": "ad"})
        print(f"sending {hw.queued_events} events of {hw.anonymous_id}")
except holloway.TimedOutError as error:
    sys.exit(f"is a collector running at {host}? {error}")
print("delivered")

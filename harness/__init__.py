"""The app as a whole, from outside: started as a server, opened in a browser, measured and pictured.

The library knows nothing of this. Browser tests, screenshots and the benchmark's part on the app use it.
"""

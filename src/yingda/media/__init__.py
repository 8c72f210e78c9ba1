"""Pictures and recordings: fetched, looked at, and brought into a form that others take.

Whatever comes here was made by strangers. Nothing of it is believed, and nothing is decoded in
the process that serves. This room knows neither questions nor stores.
"""

"""What a turn shows to those who wait for it, in this process and in the others on the database.

Also what those processes need of each other; one that is alone needs none of that.
"""

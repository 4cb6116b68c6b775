"""Order: would Restart & Run All give the saved results?"""

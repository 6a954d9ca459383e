"""What several sources of one provider or protocol share, one module each. Pure, like sources.

A module says whose API it is and which sources use it; facts stay with the sources.
"""

"""The browser app to hear, see and bend gate networks.

Nothing lives here yet: `zoo run MODEL SOUND --plot hits.png` draws what a model does.
"""

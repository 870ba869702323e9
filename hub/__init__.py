"""A small hub for a lab, a class or a stage without internet: unmodified Hugging Face clients use it through HF_ENDPOINT."""

"""A small hub for a lab, a class or a stage without internet, for clients of the Hugging Face Hub."""

"""Random calls of everything public: each must end in a result or a Python exception."""

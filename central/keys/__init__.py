"""Keys, certificates and signatures: the only place of the city that knows the cryptographic libraries."""

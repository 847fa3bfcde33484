"""KMS in front of moto: custom key stores, the keys in them, and signatures."""

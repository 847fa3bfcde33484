"""STS in front of moto: whom a role trusts."""

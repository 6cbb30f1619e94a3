print("token-service")

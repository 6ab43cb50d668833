print("lipdyn")

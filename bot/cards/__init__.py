"""What a surface shows of requests and runs, neutral until a surface renders it. Pure: rows in, values out."""

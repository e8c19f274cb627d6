"""The programs under measurement; `bench.servers.program` starts them."""

"""What job engines on PostgreSQL cost and keep, under the gateway's own workload."""

"""The product broken on purpose: lines that fail, peers that lie. Seeded, and a fault counts only if it happened."""

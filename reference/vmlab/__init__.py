"""vmlab: a simulated RISC-V computer whose missing parts students write."""

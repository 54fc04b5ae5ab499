package accel

// CalmCPU is QEMU's default model with the maker and number of a processor that
// Linux knows not to speculate (Atom "Saltwell", see cpu_vuln_whitelist in
// arch/x86/kernel/cpu/common.c). Emulated processors do not speculate either,
// but the kernel guards against it, which made every start of a program take
// half as long again; and of this maker it trusts the TSC, so that asking for
// the time is no exit to QEMU.
const CalmCPU = "qemu64,vendor=GenuineIntel,family=6,model=54"

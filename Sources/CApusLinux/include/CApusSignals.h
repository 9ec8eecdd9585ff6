// Signals, by handlers that do no more than note a number and ring an eventfd(2): both are safe in a handler
// (signal-safety(7)). In C, as `struct sigaction` has a union that Swift does not import.
#ifndef CAPUSSIGNALS_H
#define CAPUSSIGNALS_H

/// Rung from now on whenever a signal that was taken comes. Before the first is taken; it stays open for
/// ever, as a handler may run on any thread.
void apus_ring_for_signals(int eventfd);
/// From now on `number` is noted and does nothing else. 0, or -1 with errno (sigaction(2)).
int apus_take_signal(int number);
/// The signal does what it did before it was taken.
void apus_give_back_signal(int number);
/// 1 if the process ignores the signal, as nohup(1) has it do.
int apus_ignores_signal(int number);
/// The signals that came since the last call: bit n is signal n.
unsigned long long apus_take_noted_signals(void);
/// The calling thread takes the signal, whatever its parent had blocked.
void apus_unblock_signal(int number);
/// Ends the process as the signal does by default, or, where a process is not ended by it,
/// with 128 and the number.
_Noreturn void apus_end_by_signal(int number);

#endif

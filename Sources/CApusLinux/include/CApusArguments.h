// The arguments that the process was started with, without /proc.
#ifndef CAPUSARGUMENTS_H
#define CAPUSARGUMENTS_H

/// How many there are, the program's name first; they live as long as the process.
int apus_argument_count(void);
char *const *apus_arguments(void);

#endif

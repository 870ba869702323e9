/* A stand-in for libprussdrv: what it is asked for goes to whoever loaded this library. */

#pragma once

enum { PRUSS0_PRU0_DATARAM = 0, PRUSS0_PRU1_DATARAM = 1, PRUSS0_SHARED_DATARAM = 4, PRU_EVTOUT_0 = 0 };

extern int (*stand_in_map)(unsigned int ram, void **address);
extern int (*stand_in_exec)(int pru, const unsigned int *code, int bytes);

static inline int prussdrv_init(void) { return 0; }
static inline int prussdrv_open(unsigned int event) { return (int)event; }
static inline int prussdrv_pru_disable(unsigned int pru) { return (int)pru; }
static inline int prussdrv_map_prumem(unsigned int ram, void **address) { return stand_in_map(ram, address); }
static inline int prussdrv_exec_code(int pru, const unsigned int *code, int bytes) { return stand_in_exec(pru, code, bytes); }

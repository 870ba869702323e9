/* What the core needs of <math.h>, where there is no C library: the compiler brings sine and cosine with it. */

#ifndef MATH_H
#define MATH_H

double sin(double x);
double cos(double x);
double fabs(double x);

/* To the nearest, ties to even, as everywhere: one instruction. */
static inline long lrintf(float x)
{
    return (long)__builtin_rintf(x);
}

#endif

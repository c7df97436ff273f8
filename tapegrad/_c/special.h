/* Special functions that several families of kernels call. */
#ifndef TG_SPECIAL_H
#define TG_SPECIAL_H

double tg_digamma(double x);

#endif

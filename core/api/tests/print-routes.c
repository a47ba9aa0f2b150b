/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* print-routes.c: prints the table of routes, for the test that holds docs/openapi.yaml against it. */
#include <api/api.h>

#include <stdio.h>

int main (void)
{
    g_autofree char *text = api_routes ();

    fputs (text, stdout);
    return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe-main.c: metergate-probe FILE: loads one plugin file, looks at it, and writes the verdict to descriptor 3: "0"
 * when it may be loaded, else the code of a ModuleError, a tab and the reason. Whatever else the file does, it does it
 * here and not to the gateway.
 */
#include "module.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define VERDICT_FD 3

static void probe_limit (int resource, rlim_t most)
{
    struct rlimit limit = { .rlim_cur = most, .rlim_max = most };

    setrlimit ((__rlimit_resource_t) resource, &limit);
}

int main (int argc, char **argv)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *verdict = NULL;
    void *handle;

    if (argc != 2) {
        fprintf (stderr, "usage: metergate-probe FILE (run by the gateway; the verdict goes to descriptor %d)\n",
                 VERDICT_FD);
        return 2;
    }
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    probe_limit (RLIMIT_CORE, 0);
    probe_limit (RLIMIT_CPU, 20);
#ifndef __SANITIZE_ADDRESS__
    probe_limit (RLIMIT_DATA, (rlim_t) 1 << 30);
#endif
    if (module_open (argv[1], &handle, &error) != NULL)
        verdict = g_strdup ("0\t");
    else
        verdict = g_strdup_printf ("%d\t%s", error->code, error->message);
    /* at once: what the file registered for the end of a process shall not run */
    _exit (write (VERDICT_FD, verdict, strlen (verdict)) < 0 ? 1 : 0);
}

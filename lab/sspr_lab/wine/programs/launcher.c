/* Starts a command line in a Wine prefix just as the lab gives it, and reports the whole of its exit code.

   wine launcher.exe PORT TOKEN. Command lines that pass through Wine's own start are quoted anew, and exit codes that
   pass through Unix lose all but eight bits. When the lab hangs up, everything that was started is ended.

   wine launcher.exe PORT TOKEN desktop. The same, and as long as it runs the prefix has a desktop. */
#include "wire.h"
#include <stdlib.h>

#define NOT_RUN 1

struct watched {
    SOCKET lab;
    HANDLE job;
};

static DWORD WINAPI end_with_the_lab(void *argument)
{
    struct watched *watched = argument;
    struct frame frame;

    if (!receive_frame(watched->lab, &frame)) TerminateJobObject(watched->job, NOT_RUN);
    return 0;
}

/* Wine starts explorer.exe for the first program that wants a desktop, with that program's handles, and ends it a second
   after the last such program. Msiexec is one of them, and each would wait for that second. Only the holder of the
   desktop loads user32, which takes its time. */
static void hold_desktop(void)
{
    HMODULE user = LoadLibraryW(L"user32.dll");
    FARPROC get_desktop_window = user ? GetProcAddress(user, "GetDesktopWindow") : NULL;

    if (get_desktop_window) get_desktop_window();
}

static WCHAR *after(WCHAR *text)
{
    return text + lstrlenW(text) + 1;
}

int wmain(int argc, WCHAR **argv)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    struct watched watched;
    struct frame frame;
    WCHAR *line, *directory, *environment;
    DWORD exit_code = NOT_RUN;

    if (argc < 3) return NOT_RUN;
    if (argc > 3) hold_desktop();
    watched.lab = call_lab(_wtoi(argv[1]));
    if (watched.lab == INVALID_SOCKET) return NOT_RUN;
    send_frame(watched.lab, LAUNCH, argv[2], lstrlenW(argv[2]) * sizeof(WCHAR));
    if (!receive_frame(watched.lab, &frame) || frame.kind != LAUNCH) return NOT_RUN;
    line = (WCHAR *)frame.data;
    directory = after(line);
    environment = after(directory);

    watched.job = CreateJobObjectW(NULL, NULL);
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_UNICODE_ENVIRONMENT | CREATE_SUSPENDED, environment,
                        directory, &startup, &process)) {
        send_number(watched.lab, STARTED, GetLastError());
        return NOT_RUN;
    }
    AssignProcessToJobObject(watched.job, process.hProcess);
    send_number(watched.lab, STARTED, 0);
    ResumeThread(process.hThread);
    CloseHandle(CreateThread(NULL, 0, end_with_the_lab, &watched, 0, NULL));
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &exit_code);
    send_number(watched.lab, EXITED, exit_code);
    return 0;
}

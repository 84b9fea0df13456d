/* Stands in a Wine prefix for a program that Wine lacks or only pretends to have, and asks the lab's model of it.

   One program under many names. The model reads the standard input through us when it wants some, and only then, so
   that what it leaves is there for the next program of the command line. */
#include "wire.h"
#include <stdlib.h>

#define NOT_SERVED 0xC0000135 /* STATUS_DLL_NOT_FOUND: a part of the program is missing */
#define MOST_INPUT 65536

static const WCHAR *kind_of_input(void)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD mode;

    switch (GetFileType(input)) {
    case FILE_TYPE_PIPE: return L"pipe";
    case FILE_TYPE_DISK: return L"file";
    default: return GetConsoleMode(input, &mode) ? L"console" : L"nul";
    }
}

static DWORD octets(const WCHAR *text)
{
    return (lstrlenW(text) + 1) * sizeof(WCHAR);
}

static int introduce(SOCKET lab, const WCHAR *token)
{
    WCHAR path[MAX_PATH], directory[MAX_PATH];
    WCHAR *environment = GetEnvironmentStringsW(), *end = environment;
    const WCHAR *strings[] = {token, path, GetCommandLineW(), directory, kind_of_input()};
    DWORD length, at = 0;
    BYTE *data;

    GetModuleFileNameW(NULL, path, MAX_PATH);
    GetCurrentDirectoryW(MAX_PATH, directory);
    while (*end) end += lstrlenW(end) + 1;
    length = (end - environment) * sizeof(WCHAR);
    for (int i = 0; i < 5; i++) length += octets(strings[i]);
    data = HeapAlloc(GetProcessHeap(), 0, length);
    for (int i = 0; i < 5; i++) {
        CopyMemory(data + at, strings[i], octets(strings[i]));
        at += octets(strings[i]);
    }
    CopyMemory(data + at, environment, (end - environment) * sizeof(WCHAR));
    return send_frame(lab, TOOL, data, length);
}

static void write_all(DWORD which, const struct frame *frame)
{
    DWORD at = 0, written;

    while (at < frame->length) {
        if (!WriteFile(GetStdHandle(which), frame->data + at, frame->length - at, &written, NULL)) return;
        at += written;
    }
}

static int give_input(SOCKET lab, DWORD wanted)
{
    static BYTE data[MOST_INPUT];
    DWORD got = 0;

    if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), data, min(wanted, MOST_INPUT), &got, NULL)) got = 0;
    return send_frame(lab, STDIN, data, got);
}

int wmain(void)
{
    WCHAR place[128] = L"", *token;
    struct frame frame;
    SOCKET lab;

    GetEnvironmentVariableW(LAB_VARIABLE, place, 128);
    token = wcschr(place, ' ');
    if (!token) return NOT_SERVED;
    lab = call_lab(_wtoi(place));
    if (lab == INVALID_SOCKET || !introduce(lab, token + 1)) return NOT_SERVED;
    while (receive_frame(lab, &frame)) {
        switch (frame.kind) {
        case STDOUT: write_all(STD_OUTPUT_HANDLE, &frame); break;
        case STDERR: write_all(STD_ERROR_HANDLE, &frame); break;
        case STDIN: give_input(lab, number_of(&frame)); break;
        case EXITED: ExitProcess(number_of(&frame));
        }
        HeapFree(GetProcessHeap(), 0, frame.data);
    }
    return NOT_SERVED;
}

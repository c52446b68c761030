# cmake -D CASE=tests/tools/<tool>/<case>.cmd -D SECONDS=<time-out> -D BIN=<folder of the executables>
#       -D SCRATCH=<folder> -P RunGolden.cmake
#
# A golden test of an executable. <case>.cmd is a shell command; it runs in a fresh copy of <tool>/data/ with the
# executables in PATH. <case>.out and <case>.err are what it must print, byte for byte, and <case>.status its exit
# status; a file that is missing stands for nothing printed and for 0. With CONVOY_APPROVE in the environment the files
# are rewritten instead, for review.
cmake_path(GET CASE PARENT_PATH folder)
cmake_path(GET CASE STEM name)
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
if(EXISTS ${folder}/data)
    file(COPY ${folder}/data/ DESTINATION ${SCRATCH})
endif()

set(ENV{PATH} "${BIN}:$ENV{PATH}")
set(ENV{LC_ALL} C)
execute_process(COMMAND sh ${CASE} WORKING_DIRECTORY ${SCRATCH} TIMEOUT ${SECONDS}
                OUTPUT_FILE ${SCRATCH}/.out ERROR_FILE ${SCRATCH}/.err RESULT_VARIABLE status)
file(WRITE ${SCRATCH}/.status "${status}\n")
file(WRITE ${SCRATCH}/.nothing.out "")
file(WRITE ${SCRATCH}/.nothing.err "")
file(WRITE ${SCRATCH}/.nothing.status "0\n")

foreach(part out err status)
    set(expected ${folder}/${name}.${part})
    execute_process(COMMAND cmake -E compare_files ${SCRATCH}/.${part} ${SCRATCH}/.nothing.${part}
                    RESULT_VARIABLE something OUTPUT_QUIET ERROR_QUIET)
    if(DEFINED ENV{CONVOY_APPROVE})
        file(REMOVE ${expected})
        if(something)
            file(COPY_FILE ${SCRATCH}/.${part} ${expected})
        endif()
        continue()
    endif()
    if(NOT EXISTS ${expected})
        set(expected ${SCRATCH}/.nothing.${part})
    endif()
    execute_process(COMMAND diff -u ${expected} ${SCRATCH}/.${part} RESULT_VARIABLE differs OUTPUT_VARIABLE diff)
    if(differs)
        message(SEND_ERROR "${name}: ${part} is not as expected:\n${diff}")
    endif()
endforeach()

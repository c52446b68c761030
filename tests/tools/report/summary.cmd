sed -n '/part: summary/,$p' rows.trace.yaml | sed '1i schema: convoy.trace/1' | convoy-report -
